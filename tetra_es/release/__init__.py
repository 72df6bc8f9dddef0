"""tetra_es.release"""

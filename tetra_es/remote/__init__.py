"""tetra_es.remote"""

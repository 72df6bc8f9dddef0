"""tetra_es.schema"""

"""tetra_es.model"""

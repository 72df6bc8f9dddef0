"""tetra_es.secret_scan"""

"""Query views: tables in `store/views.db`, rebuilt from the events whenever they are missing."""

"""What happened: records, retention, reports and export, kept with SQLAlchemy."""

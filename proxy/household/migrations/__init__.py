"""How the household's tables came to be: one Alembic revision a change, never edited afterwards."""

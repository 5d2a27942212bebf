"""Starts dkimpy-milter, with what it lacks: strict loading, safe signing, verdicts."""

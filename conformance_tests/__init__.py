"""The examiner: a closed lab that examines any filtering product against the standard."""

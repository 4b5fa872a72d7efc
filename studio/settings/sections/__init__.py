"""The shared sections. A problem type composes them and overrides a default by redeclaring the field."""

"""The store: tables, migrations, one repository a resource. Rows leave as frozen values, never as ORM objects."""

"""The HTTP API: the verbs of `relto.faces.verbs.registry` as JSON below `/api/v1`, and events of acts."""

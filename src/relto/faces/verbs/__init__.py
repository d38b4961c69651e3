"""The verbs of the contract as functions: plain values in, one plain document out, the same by whichever way they come.

The command line calls them in its own process, the HTTP API in the server's; `relto --url` asks the API for what the
command line would have called. Each takes a `Caller` (which node, who asks) and its options by name, raises errors of
`relto.domain.errors`, and answers with what `--json` prints. Moments are text as people type it (`WHEN`): they mean
moments of the node's clock.
"""

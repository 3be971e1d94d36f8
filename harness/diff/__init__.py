"""`sameseed diff`: any two cells side by side, whatever else differs between them.

A break is a difference along one axis. A diff asks for no such thing, and says first how much else
differs. Reading order: `sides` (which cells a name means), `compare` (what differs between two),
`terminal` and `page` (how it is shown).
"""

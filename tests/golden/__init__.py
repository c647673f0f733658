"""The worked examples of the vendors' documents, one file a family; drivers and simulators are held to both.

An entry has `section` (the document), `direction` (`>` host to board), `hex`, `meaning`.  `to` is the
request a reply answers; `given` how the simulated board stands (`extra`: how it is made), `opens` which
locks a request opens, `silent` that it is met by silence.  `driver` or `simulator` gives the reason why one
of the two is not held to it.
"""

"""Read mail: raw bytes in, one typed result out. Knows no Django model and no request.

`reader.read` is the way in. Nothing here raises on what somebody sends: what is broken is read as
well as possible and named in the result's flags. Every function takes linear time.
"""

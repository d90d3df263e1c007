"""The usual design, tuned: what our desk is compared with. It runs in an environment of its own.

Django REST framework and django-filter, a search by `icontains`, page numbers, four indexes of one
column each, and connections that persist. One table, and nothing that our desk does besides.
"""

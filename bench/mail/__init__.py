"""Figures of how well mail is read, on files that others have published.

`make bench ARGS="mail --data DIRECTORY"`. The directory, or MAIL_DATA, has the folders of four
public test suites: `mikel-mail`, `enmime`, `sisimai` and `crisp-replies`. None of them is part of
this project. Without them nothing is measured.

Each suite is split in two by the hash of its files. The rules were written with a view of one half
("seen") only; the other ("held out") shows what they do with files that nobody looked at.
"""

"""What each cell of the tables may hold, and the first that holds something else.

``rules`` are what hil writes, column by column; ``damage`` reads the tables as they lie, cell by
cell. Asked where reading or using rows has failed, and by whoever checks a database. May import
the models and column types of `hil.store`.
"""

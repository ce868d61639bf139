"""The commands of `ganlib`, a module for each kind: training, runs, data sets, teaching. Each adds its own parsers.

Nothing heavy is imported until a command is carried out. What a person did wrong is a ValueError or an OSError whose
message is one sentence, which `ganlib.__main__` prints.
"""

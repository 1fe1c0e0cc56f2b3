"""Makes the models that come with the playground: their data and their training. `python -m docs.training` runs it.

From the words to the weights: `lexicon` has the words, `french` and `english` the rules of each language, `words`
writes a line, `noun_phrases`, `clauses`, `descriptions` and `grammar` draw sentences, `examples` divides them into what
is learned and what is held out, `translator` trains, `measures` measures, and `card` writes what was measured.
"""

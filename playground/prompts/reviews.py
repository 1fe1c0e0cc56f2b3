"""Holds sixty short reviews with their sentiment, written for this playground: thirty of each class, a few hard ones.

Knows prompting. None of the reviews is among the worked examples of the sentiment task.
"""

from playground.prompts.prompting import Example

_POSITIVE = (
    "A wonderful story from start to finish.",
    "The staff were kind and the room was spotless.",
    "I laughed until I cried.",
    "My new favourite restaurant.",
    "Great sound for a small price.",
    "The acting is superb.",
    "We will come back next summer.",
    "It works perfectly and looks beautiful.",
    "A touching film with a brilliant cast.",
    "The cake was delicious.",
    "Easy to use and very fast.",
    "She sings like an angel.",
    "I could not put the book down.",
    "The view from the balcony is amazing.",
    "Excellent service and a warm welcome.",
    "The children loved every minute.",
    "A clever and charming comedy.",
    "Best coffee in town.",
    "The shoes fit well and feel great.",
    "An inspiring talk that I will remember.",
    "The battery lasts for days.",
    "Fresh fish, friendly people, fair prices.",
    "The music is gorgeous.",
    "I am very happy with this lamp.",
    "A masterpiece.",
    "The garden is a joy in every season.",
    # harder: a negation, a complaint taken back, an understatement
    "Not bad at all.",
    "I expected to hate it, and I was wrong.",
    "My only complaint is that it ended.",
    "You will not find a better one.",
)

_NEGATIVE = (
    "A boring story with no ending.",
    "The room smelled of smoke.",
    "I want my money back.",
    "The worst meal I have ever had.",
    "The sound is awful.",
    "Terrible acting and a silly script.",
    "We will never come back.",
    "It stopped working after a week.",
    "A dull film that goes nowhere.",
    "The bread was stale.",
    "Slow, ugly and hard to use.",
    "He forgot half of his lines.",
    "I gave up after ten pages.",
    "The window looks at a brick wall.",
    "Rude staff and a long wait.",
    "The children were bored and so was I.",
    "The jokes are old and mean.",
    "The coffee tastes like dirty water.",
    "The shoes hurt and fell apart.",
    "A pointless talk that wasted my evening.",
    "The battery dies within an hour.",
    "Overpriced, greasy and cold.",
    "The music gave me a headache.",
    "I regret buying this lamp.",
    "A disaster.",
    "The pool was dirty and the towels were torn.",
    # harder: irony, false praise, a double negation
    "Great, another update that breaks everything.",
    "The best part was the end credits.",
    "It is not that I did not try to like it.",
    "Perfect, if you enjoy waiting.",
)

REVIEWS = tuple(
    Example(text, answer)
    for pair in zip(_POSITIVE, _NEGATIVE, strict=True)
    for text, answer in zip(pair, ("Positive", "Negative"), strict=True)
)
"""The reviews. The classes alternate, so that any first part of the list is balanced too."""

"""Holds the tasks that come with the page, each with worked examples. All texts were written for this playground.

Knows prompting. The sentiment task is the usual one of introductory courses. Its examples alternate between classes,
and a negative one comes first: a small model that has seen only a positive one calls everything positive.
"""

from playground.prompts.prompting import Example, Task


def _task(name: str, instruction: str, cue: str, pairs: list[tuple[str, str]], input: str, **others) -> Task:
    return Task(name, instruction, cue, tuple(Example(text, answer) for text, answer in pairs), input, **others)


TASKS = (
    _task(
        "Sentiment of a review",
        "Classify this review:",
        "Sentiment:",
        [
            ("The soup was cold and the waiter rude.", "Negative"),
            ("I love this movie!", "Positive"),
            ("It broke after two days.", "Negative"),
            ("A warm and funny film.", "Positive"),
            ("A waste of money.", "Negative"),
            ("The best concert of my life.", "Positive"),
            ("I fell asleep halfway through.", "Negative"),
            ("I would gladly read it again.", "Positive"),
        ],
        "A dull film that goes nowhere.",
        labels=("Positive", "Negative"),
        tries=("A dull film that goes nowhere.", "I laughed until I cried."),
    ),
    _task(
        "Translation",
        "Translate French to English.",
        "English:",
        [
            ("Bonjour", "Good morning"),
            ("Merci beaucoup", "Thank you very much"),
            ("la maison rouge", "the red house"),
            ("J'ai faim", "I am hungry"),
            ("un verre d'eau", "a glass of water"),
            ("À demain", "See you tomorrow"),
            ("Le chien dort", "The dog is sleeping"),
            ("Où est la gare ?", "Where is the station?"),
        ],
        "Le professeur aime le chat noir.",
        input_cue="French:",
        repeats=False,
        pipeline="translation_fr_to_en",
    ),
    _task(
        "Translation to French",
        "Translate English to French.",
        "French:",
        [
            ("Good morning", "Bonjour"),
            ("Thank you very much", "Merci beaucoup"),
            ("the red house", "la maison rouge"),
            ("I am hungry", "J'ai faim"),
            ("a glass of water", "un verre d'eau"),
            ("See you tomorrow", "À demain"),
            ("The cat is sleeping", "Le chat dort"),
            ("Where is the station?", "Où est la gare ?"),
        ],
        "the black cat",
        input_cue="English:",
        repeats=False,
        pipeline="translation_en_to_fr",
    ),
    _task(
        "Named entities",
        "List the people and places in the sentence.",
        "Names:",
        [
            ("Clara met Tom in Lisbon.", "Clara, Tom, Lisbon"),
            ("The train to Oslo was late.", "Oslo"),
            ("Mr Okafor lives near Lake Garda.", "Mr Okafor, Lake Garda"),
            ("Nobody came to the party.", "none"),
            ("Ada and Ben flew from Delhi to Rome.", "Ada, Ben, Delhi, Rome"),
            ("We bought bread and cheese.", "none"),
            ("Yuki studies in Toronto.", "Yuki, Toronto"),
            ("Last year Maria moved to Peru.", "Maria, Peru"),
        ],
        "Peter showed Anna the harbour of Hamburg.",
        input_cue="Sentence:",
        repeats=False,
    ),
    _task(
        "Dialogue summary",
        "Summarise the dialogue in one sentence.",
        "Summary:",
        [
            ("Ann: Are you coming tonight?\nBo: Sorry, I have to work.", "Bo cannot come tonight because of work."),
            ("Eve: The heating is off again.\nJim: I will call the landlord.", "Jim will call about the heating."),
            ("Kim: Shall we take the bus?\nLee: It is sunny, let us walk.", "They walk because the weather is good."),
            ("Max: Did you find my keys?\nSue: They were under the sofa.", "Sue found Max's keys under the sofa."),
            ("Ida: I passed the exam!\nRoy: Well done, let us celebrate.", "Ida passed her exam and they celebrate."),
            ("Pam: The shop closes at six.\nGus: Then I will go now.", "Gus goes now because the shop closes at six."),
            ("Zoe: Who fed the dog?\nTim: I did, this morning.", "Tim fed the dog in the morning."),
            ("Liz: My phone is broken.\nDan: You can use mine.", "Dan lends Liz his phone."),
        ],
        "Mia: Can you help me move on Saturday?\nNoah: Yes, but only after lunch.",
        repeats=False,
        pipeline="summarization",
    ),
    _task(
        "Arithmetic",
        "Answer with a number.",
        "Answer:",
        [
            ("What is 2 plus 3?", "5"),
            ("What is 9 minus 4?", "5"),
            ("What is 6 plus 7?", "13"),
            ("What is 12 minus 8?", "4"),
            ("What is 3 times 4?", "12"),
            ("What is 10 plus 11?", "21"),
            ("What is 5 times 5?", "25"),
            ("What is 20 minus 6?", "14"),
        ],
        "What is 8 plus 6?",
        input_cue="Question:",
        repeats=False,
    ),
    _task(
        "Antonyms",
        "Write the opposite of the word.",
        "Opposite:",
        [
            ("hot", "cold"),
            ("early", "late"),
            ("full", "empty"),
            ("loud", "quiet"),
            ("soft", "hard"),
            ("brave", "afraid"),
            ("wide", "narrow"),
            ("ancient", "modern"),
        ],
        "heavy",
        input_cue="Word:",
        repeats=False,
    ),
    _task(
        "Text to Python",
        "Write one line of Python.",
        "Python:",
        [
            ("Print the word hello.", 'print("hello")'),
            ("Add one to x.", "x += 1"),
            ("Make an empty list called names.", "names = []"),
            ("The length of the list names.", "len(names)"),
            ("Sort the list numbers.", "numbers.sort()"),
            ("The largest value in numbers.", "max(numbers)"),
            ("The first letter of the text word.", "word[0]"),
            ("The numbers from 0 to 9 as a list.", "list(range(10))"),
        ],
        "The sum of the list numbers.",
        input_cue="Text:",
        repeats=False,
    ),
    _task(
        "Chat",
        "A friendly assistant answers in one short sentence.",
        "Assistant:",
        [
            ("Hi, who are you?", "I am an assistant, and I like short answers."),
            ("What should I cook tonight?", "How about a vegetable soup with bread?"),
            ("I cannot sleep.", "Try to put your phone away and read a book."),
            ("What is the moon made of?", "It is made of rock, like the ground under you."),
            ("I lost my umbrella.", "What a pity, I hope that it stays dry."),
            ("Can you dance?", "No, but I can tell you about many dances."),
            ("My train is late again.", "That is annoying, perhaps some music helps."),
            ("Thank you for your help.", "You are welcome, come back any time."),
        ],
        "What can I do on a rainy Sunday?",
        input_cue="User:",
        repeats=False,
    ),
)
"""The tasks in the order of the menu. The first one is open when the page loads."""

CONTENT_FREE = "N/A"
"""An input without content, which shows the label that a prompt prefers by itself (Zhao et al. 2021)."""

NONSENSE = ("foo", "bar", "baz", "qux")
"""Words without meaning that replace labels."""

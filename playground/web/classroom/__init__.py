"""The class on the web: who asks, the stream of news, and the class's address."""

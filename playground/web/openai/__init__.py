"""The routes below `/v1`, which clients of OpenAI's API use: models, completions and chat completions."""

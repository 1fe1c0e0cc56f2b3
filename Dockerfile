# The playground with its default model in the image. docs/running.md says how to run it.
#   docker build -t playground .
#   docker run --rm -p 7860:7860 playground --auth class:secret
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 user
USER user
WORKDIR /home/user/playground
ENV PATH=/home/user/.venv/bin:$PATH PYTHONUNBUFFERED=1
RUN python -m venv /home/user/.venv

# pip reads this name. PyTorch's own index has wheels for machines without a GPU, which are gigabytes smaller.
ARG PIP_EXTRA_INDEX_URL=
COPY --chown=user requirements.txt requirements-javascript.txt ./
RUN pip install --no-cache-dir -r requirements.txt && pip install --no-cache-dir --no-deps -r requirements-javascript.txt

# The model comes before the page, so that a change of the page does not fetch it again.
COPY --chown=user playground/__init__.py playground/errors.py playground/places.py playground/values.py playground/
COPY --chown=user playground/models/__init__.py playground/models/default_model.py playground/models/gguf_file.py playground/models/
RUN python -m playground.models.default_model

COPY --chown=user . .
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=15s --start-period=2m \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=14)"]
# A container cannot know the name it is reached by.
ENTRYPOINT ["python", "app.py", "--host", "0.0.0.0", "--allow-host", "*"]

"""The routes and the API of the tab Inside the model, one module for each topic."""

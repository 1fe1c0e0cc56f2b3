"""Says what is in the installed package: `playground/`, and inside it the files of `assets/` that the program reads."""

from setuptools import find_packages, setup

READ = ["**/*.js", "**/*.css", "built_in/*/*", "languages/*.po", "lessons/*.md"]

setup(
    packages=[*find_packages(include=["playground", "playground.*"]), "playground.assets"],
    package_dir={"playground.assets": "assets"},
    package_data={"playground.assets": READ},
)

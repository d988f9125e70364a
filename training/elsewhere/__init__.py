"""The same recipe on other machines: Colab, AutoTrain, OpenAI."""

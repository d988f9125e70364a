from __future__ import annotations

import pytest

from assistant.llm import quick_copy
from tests.llm.loaded import engine


@pytest.fixture(scope="session", autouse=True)
def copies(tmp_path_factory):
    """Quicker copies of models go here, not into this machine's data folder."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick_copy, "data_folder", lambda: folder)
        yield folder


@pytest.fixture(scope="module")
def smol():
    loaded = engine("bundled")
    yield loaded
    loaded.close()


@pytest.fixture()
def stories():
    loaded = engine(context=512, max_tokens=40)
    yield loaded
    loaded.close()

"""All tests. Two libraries tell of their parts for other devices after the last line of the tests; here they do not."""

import logging

logging.getLogger("torchao").setLevel(logging.ERROR)
logging.getLogger("torch.utils._pytree").setLevel(logging.ERROR)

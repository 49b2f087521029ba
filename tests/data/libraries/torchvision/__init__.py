"""A library that looks like torchvision, as far as archcount asks it."""

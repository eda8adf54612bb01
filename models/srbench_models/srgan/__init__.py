"""SRGAN: SRResNet trained for PSNR, and the same network trained against a discriminator (Ledig et al., 2017)."""

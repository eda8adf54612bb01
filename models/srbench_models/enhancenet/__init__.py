"""EnhanceNet: a residual network on top of bicubic, trained for PSNR or for looks (Sajjadi et al., 2017)."""

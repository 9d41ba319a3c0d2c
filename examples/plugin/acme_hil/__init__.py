"""What another lab brings to hil: the driver ``acme.lightbox`` and the estimator ``histogram``."""

require('./launcher.cjs')('revoke')

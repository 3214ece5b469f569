require('./launcher.cjs')('setup')

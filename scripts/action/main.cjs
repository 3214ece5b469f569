require('./launcher.cjs')('main')

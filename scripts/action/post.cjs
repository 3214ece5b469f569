require('./launcher.cjs')('post')

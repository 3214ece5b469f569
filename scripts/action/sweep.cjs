require('./launcher.cjs')('sweep')

'use strict'
// Runs the executable of this very commit for one stage of the action. Nothing in the environment chooses another one.
const { spawn } = require('node:child_process')
const { accessSync, constants } = require('node:fs')
const { constants: { signals } } = require('node:os')
const { join } = require('node:path')

const fail = (message, hint) => {
  process.stderr.write(`pulumi-token: error: ${message}\npulumi-token: hint: ${hint}\n::error::${message} (${hint})\n`)
  process.exitCode = 1
}

// What the C library, OpenSSL, libcurl and Swift's runtime would obey, some of it before the executable can decline.
const prefixes = 'CURL_|GLIBC_|LD_|MALLOC_|OPENSSL_|SWIFT_'
const names = 'CTLOG_FILE|GCONV_PATH|GETCONF_DIR|HOSTALIASES|LANGUAGE|LOCALDOMAIN|LOCPATH|NETRC|NLSPATH|NODE_OPTIONS|' +
  'OUTPUT_CHARSET|RESOLV_HOST_CONF|RES_OPTIONS|SSLKEYLOGFILE|TZ'
const ofLibraries = new RegExp(`^((${prefixes}).*|${names})$`)

module.exports = (stage) => {
  // A main step that could not start the executable has said so, and has left nothing to revoke.
  const isOver = stage === 'post' && !process.env.STATE_lease
  const unusable = isOver ? () => process.stderr.write('pulumi-token: nothing was minted\n') : fail
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    return unusable(`no executable exists for ${process.platform} ${process.arch}`, 'use a Linux runner, x64 or arm64')
  }
  const file = join(__dirname, '..', '..', 'dist', `pulumi-token-linux-${process.arch}`)
  try {
    accessSync(file, constants.X_OK)
  } catch {
    return unusable('this commit of the action has no executable', 'use the tag of a release, or its commit')
  }
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofLibraries.test(name)))
  // The executable undoes its work when this process, which the runner may kill, is gone.
  const child = spawn(file, ['action', stage, String(process.pid)], { stdio: 'inherit', env })
  child.on('error', (error) => unusable(`${file} cannot be run: ${error.code}`, 'is the file system mounted noexec?'))
  child.on('exit', (code, signal) => {
    if (signal) fail(`${signal} ended pulumi-token`, 'if the job was not canceled, check the memory of the runner')
    process.exitCode = signal ? 128 + signals[signal] : code
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
}

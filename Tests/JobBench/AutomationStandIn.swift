import TestBench

/// A package `@pulumi/pulumi` with as much of the Automation API as examples use, and with its behavior on a signal: what
/// is aborted tells the Pulumi CLI to end by SIGINT, and waits for it.
package struct AutomationStandIn {
    private static let source = """
        const { spawn } = require('node:child_process')
        const [program, ...words] = JSON.parse(process.env.PULUMI_STAND_IN || '["pulumi"]')
        const run = (command, { signal, onOutput } = {}) => new Promise((resolve, reject) => {
          const child = spawn(program, words.length ? words : [command], { stdio: ['ignore', 'pipe', 'inherit'] })
          child.stdout.on('data', (data) => onOutput && onOutput(String(data)))
          if (signal) signal.addEventListener('abort', () => child.kill('SIGINT'))
          child.on('error', reject)
          child.on('close', (code) => code === 0 ? resolve({}) : reject(new Error(`code: ${code}`)))
        })
        exports.LocalWorkspace = {
          selectStack: async () => ({ up: (options) => run('up', options), fail: (options) => run('fail', options) })
        }

        """

    private let machine: BuildMachine

    package init(_ machine: BuildMachine) throws {
        self.machine = machine
        let package = "node_modules/@pulumi/pulumi"
        for folder in ["node_modules", "node_modules/@pulumi", package] { try machine.sandbox.makeFolder(folder) }
        try machine.sandbox.write(Self.source, to: package + "/automation.js")
    }

    /// The words that run a program of the Automation API.
    package func program(_ text: String) throws -> [String] {
        try machine.sandbox.write(text, to: "deploy.js")
        return ["node", machine.sandbox.file("deploy.js")]
    }
}

import TestMachine

@testable import pulumi_token

extension Machine {
    /// Runs a command line in this process.
    func run(_ words: String...) throws -> Outcome {
        try run(words) { context in Tool(context: context).run(words) }
    }
}

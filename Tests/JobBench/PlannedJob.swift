import FoundationEssentials
import Synchronization
import TestBench

/// A job of a CI configuration, as the stages that a runner makes of it.
///
/// `Tests/Examples/read.py` reads the YAML.
package struct PlannedJob: Decodable, Sendable {
    package struct Stage: Decodable, Sendable {
        package enum Condition: String, Decodable, Sendable {
            case success, failure, always
        }

        package var name: String
        /// The words of the shell that runs it.
        package var shell: [String]
        package var text: String
        /// Of GitLab: the script as the lines that the runner shows.
        package var lines: [String]?
        package var environment: [String: String]
        package var when: Condition
        /// Of GitHub: the action instead of a script, and its inputs.
        package var uses: String
        package var with: [String: String]
    }

    package var name: String
    package var environment: [String: String]
    /// The variables that receive an identity token, and for which audiences.
    package var identity: [String: [String]]
    package var stages: [Stage]
    /// Of GitHub: what was chosen from the matrix.
    package var matrix: [String: String]?
    /// Of GitHub: what other jobs can use of it.
    package var outputs: [String: String]?

    /// The jobs of a configuration.
    ///
    /// - Parameters:
    ///   - kind: `gitlab`, `github`, `azure`, …
    ///   - component: the path of the component that it includes; nil for the one of the sources.
    package static func all(
        _ kind: String,
        in text: String,
        inputs: [String: String] = [:],
        component: String? = nil
    ) throws -> [PlannedJob] {
        let words = ["plan", kind, "-"] + inputs.map { "\($0)=\($1)" }
        return try Examples.read(words, text, component: component, as: [PlannedJob].self)
    }
}

/// The inputs of a component of GitLab.
package enum ComponentInputs {
    /// Names and defaults.
    package static func all(in text: String) throws -> [String: String] {
        try Examples.read(["inputs", "-"], text, as: [String: String].self)
    }
}

/// A code block of a document.
package struct CodeBlock: Decodable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var language: String
    /// The HTML comment above it; "" when there is none.
    package var label: String
    package var text: String

    package var description: String { "\(file):\(line) \(language)" }

    package static func all(in files: [String]) throws -> [CodeBlock] {
        try Examples.read(["blocks"] + files.map { "\(Repository.root)/\($0)" }, "", as: [CodeBlock].self)
    }
}

private enum Examples {
    // By the question: the same example is run in several ways. What they read does not change meanwhile.
    private static let answers = Mutex<[[String]: [UInt8]]>([:])

    static func read<Value: Decodable>(
        _ words: [String],
        _ input: String,
        component: String? = nil,
        as type: Value.Type
    ) throws -> Value {
        let question = words + [component ?? "", input]
        let bytes: [UInt8]
        if let known = answers.withLock({ $0[question] }) {
            bytes = known
        } else {
            bytes = try answer(words, input, component)
            answers.withLock { $0[question] = bytes }
        }
        return try JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    private static func answer(_ words: [String], _ input: String, _ component: String?) throws -> [UInt8] {
        // Debian's own Python has the YAML package; another one on the path may not.
        var program = Program("/usr/bin/python3", ["\(Repository.root)/Tests/Examples/read.py"] + words)
        program.input = .bytes(Array(input.utf8))
        program.environment["PULUMI_TOKEN_COMPONENT"] = component
        let outcome = try program.run()
        guard outcome.status == 0 else { throw BenchError(outcome.error + input) }
        return outcome.outputBytes
    }
}

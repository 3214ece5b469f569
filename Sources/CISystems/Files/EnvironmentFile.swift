package import HostSystem
internal import Secrets

/// The three files that carry values to later steps on GitHub, Forgejo, Gitea and act.
package struct EnvironmentFiles: Sendable, Equatable {
    /// Whose parser reads them.
    package enum Dialect: Sendable, Equatable {
        /// GitHub's own.
        case gitHub
        /// That of act, from which those of Forgejo and Gitea come: it loses some blank lines and carriage returns.
        case act
    }

    package let dialect: Dialect
    private let paths: [EnvironmentFile.Purpose: String]

    init(in environment: Environment, dialect: Dialect) {
        self.dialect = dialect
        paths = EnvironmentFile.Purpose.allCases.reduce(into: [:]) { paths, purpose in
            paths[purpose] = environment.nonEmpty(purpose.variable)
        }
    }

    /// - Throws: `missingVariable` outside of a step.
    package func file(for purpose: EnvironmentFile.Purpose) throws(ExportError) -> EnvironmentFile {
        guard let path = paths[purpose] else { throw .missingVariable(purpose.variable) }
        return EnvironmentFile(purpose: purpose, path: path, dialect: dialect)
    }
}

/// A file that the runner reads after the step has ended, written exactly as the official toolkit writes it.
/// https://github.com/actions/toolkit/blob/main/packages/core/src/file-command.ts
package struct EnvironmentFile: Sendable {
    package enum Purpose: Sendable, CaseIterable {
        /// Variables of all later steps.
        case environment
        /// Outputs of this step.
        case output
        /// What this action's post stage finds as `STATE_…`.
        case state

        /// The variable that names the file.
        package var variable: String {
            switch self {
            case .environment: "GITHUB_ENV"
            case .output: "GITHUB_OUTPUT"
            case .state: "GITHUB_STATE"
            }
        }
    }

    let purpose: Purpose
    package let path: String
    let dialect: EnvironmentFiles.Dialect

    /// Appends all variables in one write, or none.
    package func append(
        _ variables: [ExportedVariable],
        randomness: Randomness,
        write: @escaping WriteCall = systemWrite
    ) throws(ExportError) {
        guard !variables.isEmpty else { return }
        let content = try text(of: variables, randomness: randomness)
        try file(write).append(content)
    }

    /// Finds what would make `append` fail, without a change.
    package func checkIsWritable() throws(ExportError) {
        try file().check()
    }

    private func file(_ write: @escaping WriteCall = systemWrite) -> AppendedFile {
        AppendedFile(
            variable: purpose.variable,
            path: path,
            longestLine: dialect == .act ? Self.longestLineOfAct : .max,
            write: write
        )
    }

    /// `NAME<<ghadelimiter_UUID`, the value, and `ghadelimiter_UUID`, a line each.
    func text(of variables: [ExportedVariable], randomness: Randomness) throws(ExportError) -> Secret {
        var entries: [(ExportedVariable, delimiter: String)] = []
        for variable in variables {
            let delimiter = "ghadelimiter_\(randomness.uuid())"
            try check(variable, delimiter: delimiter)
            entries.append((variable, delimiter))
        }
        return Secret { sink in
            for (variable, delimiter) in entries {
                sink.append("\(variable.name)<<\(delimiter)\n")
                sink.append(variable.value)
                sink.append("\n\(delimiter)\n")
            }
        }
    }
}

extension EnvironmentFile {
    /// One string of a process's environment, on Linux; a larger one would keep every later step from starting.
    private static let longestVariable = 131_072
    /// The longest line that the parsers before Gitea's of 2026 read; at a longer one they stop without a word.
    private static let longestLineOfAct = 65_534

    private func check(_ variable: ExportedVariable, delimiter: String) throws(ExportError) {
        if let problem = nameProblem(variable.name) { throw .unusableName(variable.name, problem) }
        if let reason = valueProblem(variable, delimiter: delimiter) {
            throw .unrepresentable(name: variable.name, format: "a line of \(purpose.variable)", reason: reason)
        }
    }

    private func nameProblem(_ name: String) -> VariableName.Problem? {
        switch purpose {
        case .environment where !VariableName.isWellFormed(name): .malformed
        case .environment where VariableName.isReservedByGitHub(name): .reserved
        case .output where !VariableName.isWellFormedKey(name): .malformed
        // The runner skips these without a word.
        case .output where name.hasPrefix("__"): .reserved
        case .state where !VariableName.isWellFormedKey(name): .malformed
        default: nil
        }
    }

    private func valueProblem(_ variable: ExportedVariable, delimiter: String) -> String? {
        variable.value.withBytes { bytes in
            if holds(variable.name.utf8, delimiter.utf8) || holds(bytes, delimiter.utf8) {
                return "it contains the delimiter"
            }
            if bytes.contains(0) { return "it contains a NUL byte" }
            if !isValidUTF8(bytes) { return "it is not UTF-8" }
            // "STATE_" before the name, "=" and NUL after it.
            if variable.name.utf8.count + bytes.count + 8 > Self.longestVariable { return "it is too long" }
            return dialect == .act ? problemOfAct(bytes) : nil
        }
    }

    private func problemOfAct(_ bytes: UnsafeRawBufferPointer) -> String? {
        if bytes.first == .lineFeed { return "it begins with a blank line" }
        let lines = bytes.split(separator: .lineFeed, omittingEmptySubsequences: false)
        if lines.contains(where: { $0.last == .carriageReturn }) { return "a line ends with a carriage return" }
        if lines.contains(where: { $0.count > Self.longestLineOfAct }) { return "a line is too long" }
        return nil
    }
}

extension Randomness {
    /// A random UUID (version 4) in lower case.
    func uuid() -> String {
        var bytes = bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}

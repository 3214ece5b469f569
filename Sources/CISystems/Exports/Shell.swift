package import Secrets

/// A shell that evaluates what we print.
package enum Shell: String, Sendable, CaseIterable {
    case sh, bash, zsh, fish, pwsh

    /// Commands that export the variables, for `eval`, `source` or `Invoke-Expression`.
    package func text(exporting variables: [ExportedVariable]) throws(ExportError) -> Secret {
        for variable in variables { try check(variable) }
        return Secret { sink in
            // The token last: if its variable is read-only, what evaluates this fails.
            for variable in variables.filter({ !$0.value.isSecret }) + variables.filter(\.value.isSecret) {
                appendExport(of: variable, to: &sink)
            }
        }
    }

    /// A command by which the shell writes its own number into a file: in a subshell the number of that, which `$$` is
    /// not, and which may outlive the shell.
    ///
    /// A file and not a pipe: nobody may be there to read it, and the job must not wait.
    package func text(telling file: String) -> Secret {
        Secret { sink in
            let value = ExportedVariable.Value.plain(file)
            switch self {
            case .sh, .bash, .zsh:
                sink.append("{ /bin/sh -c 'echo \"$PPID\"' || echo \"$$\"; } 2>/dev/null >| ")
                appendPOSIXString(value, to: &sink)
                sink.append(" || :\n")
            case .fish:
                sink.append("echo $fish_pid > ")
                appendFishString(value, to: &sink)
                sink.append("; or true\n")
            case .pwsh:
                sink.append("Set-Content -ErrorAction Ignore -Value $PID -LiteralPath ")
                appendPowerShellString(value, to: &sink)
                sink.append(.lineFeed)
            }
        }
    }

    /// Commands after which the variables are gone.
    package func text(unsetting names: [String]) throws(ExportError) -> String {
        if let name = names.first(where: { !VariableName.isWellFormed($0) }) { throw .unusableName(name, .malformed) }
        return names.map { name in
            switch self {
            case .sh, .bash, .zsh: "unset -v \(name)\n"
            case .fish: "set -e \(name)\n"
            case .pwsh: "Remove-Item -ErrorAction Ignore Env:\(name)\n"
            }
        }.joined()
    }

    /// Commands after which the variables are gone and the script has ended with a code, whoever evaluates them.
    package func text(failingWith code: Int32, unsetting names: [String]) throws(ExportError) -> String {
        let unset = try text(unsetting: names)
        return switch self {
        case .sh, .bash, .zsh: unset + Self.sourcedEnd(code)
        case .fish: unset + "exit \(code)\n"
        case .pwsh: unset + "exit \(code)\n"
        }
    }

    /// Ends a script of a POSIX shell with a code, whether it is sourced, evaluated or run.
    static func sourcedEnd(_ code: Int32) -> String {
        // ksh93 under `set -e` would go on after a `return` in an or-list, and dash would not let a caller go on without.
        """
        case ${KSH_VERSION-} in Version*) return \(code) 2>/dev/null
        exit \(code) ;; esac
        return \(code) 2>/dev/null || exit \(code)

        """
    }

    private func check(_ variable: ExportedVariable) throws(ExportError) {
        guard VariableName.isWellFormed(variable.name) else { throw .unusableName(variable.name, .malformed) }
        if let reason = problem(with: variable.value) {
            throw .unrepresentable(name: variable.name, format: "text for \(rawValue)", reason: reason)
        }
    }

    private func problem(with value: ExportedVariable.Value) -> String? {
        if value.contains(0) { return "it contains a NUL byte" }
        guard self == .pwsh else { return nil }
        if value.count == 0 { return "PowerShell takes an empty value for none" }
        return value.isUTF8 ? nil : "it is not UTF-8"
    }

    private func appendExport(of variable: ExportedVariable, to sink: inout WipedBuffer) {
        switch self {
        case .sh, .bash, .zsh:
            sink.append("export \(variable.name)=")
            appendPOSIXString(variable.value, to: &sink)
        case .fish:
            // A name that ends in PATH would make a list of the value.
            sink.append("set -gx \(variable.name.hasSuffix("PATH") ? "--unpath " : "")\(variable.name) ")
            appendFishString(variable.value, to: &sink)
        case .pwsh:
            sink.append("$env:\(variable.name) = ")
            appendPowerShellString(variable.value, to: &sink)
        }
        sink.append(.lineFeed)
    }
}

/// In single quotes nothing has a meaning but the single quote.
func appendPOSIXString(_ value: ExportedVariable.Value, to sink: inout WipedBuffer) {
    sink.append("'")
    sink.append(value) { byte, sink in
        byte == UInt8(ascii: "'") ? sink.append("'\\''") : sink.append(byte)
    }
    sink.append("'")
}

/// In single quotes of fish, a backslash escapes itself and the single quote.
private func appendFishString(_ value: ExportedVariable.Value, to sink: inout WipedBuffer) {
    sink.append("'")
    sink.append(value) { byte, sink in
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") { sink.append("\\") }
        sink.append(byte)
    }
    sink.append("'")
}

/// PowerShell ends a string at U+2018 to U+201B as it does at `'`; each is doubled.
///
/// It reads a program's output line by line and joins the lines in its own way, so control characters have to be named.
private func appendPowerShellString(_ value: ExportedVariable.Value, to sink: inout WipedBuffer) {
    sink.append("'")
    value.withBytes { bytes in
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0..<0x20, 0x7F: sink.append("' + [char]\(byte) + '")
            case UInt8(ascii: "'"): sink.append("''")
            case 0x98...0x9B where index >= 2 && bytes[index - 2] == 0xE2 && bytes[index - 1] == 0x80:
                for byte in [byte, 0xE2, 0x80, byte] { sink.append(byte) }
            default: sink.append(byte)
            }
        }
    }
    sink.append("'")
}

package import HostSystem
internal import Secrets

/// A script for `. "$(pulumi-token mint)"`: what is traced, echoed or trapped while it runs holds no secret.
///
/// The secrets stand in a second file beside it, one on each line. `read` shows its arguments under `set -x`, not what
/// it reads. Both files are gone before the first variable is exported. For the POSIX shells: sh, dash, bash, zsh,
/// BusyBox, ksh93, mksh and yash.
package struct SourcedScript: Sendable, Equatable {
    /// An absolute path, to be printed.
    package let path: String
    /// Absolute: where the values stand until it is sourced.
    package let valuesPath: String
    /// The folder that was made for this script alone.
    private let privateFolder: String?

    private static let fileName = "export.sh"
    private static let folderPrefix = "pulumi-token-"

    /// - Parameter path: absolute; also that of a script which was written earlier.
    package init(at path: String) throws(ExportError) {
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw .unusablePath(path)
        }
        self.path = path
        valuesPath = path + ".values"
        let parts = path.split(separator: "/")
        let isOurs =
            parts.last == Substring(Self.fileName) && parts.dropLast().last?.hasPrefix(Self.folderPrefix) == true
        privateFolder = isOurs ? "/" + parts.dropLast().joined(separator: "/") : nil
    }

    /// The script at a path that was told to a shell, whose private folder may be gone in the meantime.
    package init(at path: String, makingFolder: Bool) throws(ExportError) {
        try self.init(at: path)
        if makingFolder, let privateFolder { try? makePrivateFolder(at: privateFolder) }
    }

    /// Makes a new folder, which nobody else can read, in the first of these that allows it.
    package static func inPrivateFolder(
        under parents: [String],
        randomness: Randomness
    ) throws(ExportError) -> SourcedScript {
        var failure = ExportError.unusablePath("")
        for parent in parents {
            let folder = "\(parent)/\(folderPrefix)\(randomness.uuid())"
            do throws(ExportError) {
                try makePrivateFolder(at: folder)
                return try SourcedScript(at: "\(folder)/\(fileName)")
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Writes the script that exports the variables.
    ///
    /// - Parameter shellFile: where it writes the number of the shell that sources it; nil for nowhere.
    package func writeExport(
        of variables: [ExportedVariable],
        telling shellFile: String? = nil,
        randomness: Randomness
    ) throws(ExportError) {
        for variable in variables { try check(variable) }
        let secrets = variables.filter(\.value.isSecret)
        let values = Secret { sink in
            for secret in secrets {
                sink.append(secret.value)
                sink.append(.lineFeed)
            }
        }
        try PrivateFile(path: valuesPath).write(values, randomness: randomness)
        do throws(ExportError) {
            let script = exportScript(secrets: secrets.map(\.name), plain: variables.filter { !$0.value.isSecret })
            let telling = shellFile.map(Shell.sh.text(telling:))
            let whole = Secret {
                $0.append(beginning)
                if let telling { $0.append(telling) }
                $0.append(script)
            }
            try PrivateFile(path: path, isExecutable: true).write(whole, randomness: randomness)
        } catch {
            remove()
            throw error
        }
    }

    /// Writes the script after which the variables are gone, and which returns this code: a job never runs on with the
    /// parent credential by accident.
    package func writeFailure(
        unsetting names: [String],
        exitCode: Int32,
        randomness: Randomness
    ) throws(ExportError) {
        let script = """
            #!/bin/sh
            \(removal)
            \(try Shell.sh.text(failingWith: exitCode, unsetting: names))

            """
        try PrivateFile(path: path, isExecutable: true).write(Secret(script), randomness: randomness)
    }

    /// The files that it consists of.
    package var paths: [String] { [path, valuesPath] }

    /// Whether a file was written by an earlier mint, or a failed one: it removes itself.
    package func isOwn(_ content: [UInt8]) -> Bool {
        let removal = "command rm -f -- \(quoted(path)) \(quoted(valuesPath)) ||".utf8
        return content.split(separator: .lineFeed).contains { $0.starts(with: removal) }
    }

    /// Whether a file of values was written by an earlier mint, whose script may never have been: one token on each line.
    package func areOwnValues(_ content: [UInt8]) -> Bool {
        content.split(separator: .lineFeed).allSatisfy { $0.starts(with: "pul-".utf8) }
    }

    /// Removes what was never sourced.
    package func remove() {
        for path in paths { removeFile(at: path) }
        if let privateFolder { removeFolder(at: privateFolder) }
    }
}

extension SourcedScript {
    private func check(_ variable: ExportedVariable) throws(ExportError) {
        guard VariableName.isWellFormed(variable.name) else { throw .unusableName(variable.name, .malformed) }
        let isUnreadable = variable.value.isSecret && variable.value.contains(.lineFeed)
        if isUnreadable || variable.value.contains(0) {
            throw .unrepresentable(
                name: variable.name,
                format: "a line of a file",
                reason: isUnreadable ? "it has several lines" : "it contains a NUL byte"
            )
        }
    }

    private func exportScript(secrets: [String], plain: [ExportedVariable]) -> Secret {
        Secret { sink in
            if !secrets.isEmpty { sink.append(reading(secrets)) }
            sink.append("\(removal)\n")
            if !secrets.isEmpty { sink.append("export \(secrets.joined(separator: " "))\n") }
            for variable in plain {
                sink.append("export \(variable.name)=")
                appendPOSIXString(variable.value, to: &sink)
                sink.append(.lineFeed)
            }
        }
    }

    /// The variables are gone when their values cannot be read: one of them may still hold the parent credential.
    private func reading(_ names: [String]) -> String {
        let reads = names.map { "IFS= read -r \($0)" }.joined(separator: " && ")
        // Gone before it is read: where a variable is read-only, zsh ends the script there.
        return """
            if { command rm -f -- \(quoted(valuesPath)); \(reads); } < \(quoted(valuesPath)); then :
            else
            \(removal)
            unset -v \(names.joined(separator: " "))
            \(Shell.sourcedEnd(66))fi

            """
    }

    /// Ends a process of its own, which could not export anything to the shell that started it.
    ///
    /// In zsh, `$0` is this path also when it is sourced.
    private var beginning: String {
        """
        #!/bin/sh
        case ${ZSH_VERSION-}$0 in \(quoted(path)))
        echo 'pulumi-token: source me: . "$(pulumi-token mint)" || exit' >&2
        exit 64 ;; esac

        """
    }

    /// `command` passes over functions and aliases; `>|` over `noclobber`.
    private var removal: String {
        let files = "\(quoted(path)) \(quoted(valuesPath))"
        let folder = privateFolder.map { "\ncommand rmdir -- \(quoted($0)) 2>/dev/null || :" } ?? ""
        return
            "command rm -f -- \(files) || { [ ! -e \(quoted(valuesPath)) ] || printf '' >| \(quoted(valuesPath)); } || :"
            + folder
    }

    private func quoted(_ path: String) -> String {
        "'" + substituting("'", with: "'\\''", in: path) + "'"
    }
}

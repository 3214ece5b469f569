import CISystems
import HostSystem
import TokenLifecycle

/// What `--export`, `--shell` and `--env-name` ask for.
extension Exporter {
    init(_ arguments: Arguments, in context: Context) throws(Explanation) {
        let forms = try explaining { () throws(UsageError) in try Self.forms(arguments, context) }
        let shell = arguments.text(of: .shell).flatMap(Shell.init) ?? .sh
        self.init(forms, for: shell, to: try Self.names(arguments), in: context)
        guard case .file = forms.last, arguments.value(of: .export) != nil || forms.count == 1,
            [.fish, .pwsh].contains(shell), arguments.value(of: .shell) != nil
        else {
            return
        }
        throw Explanation(
            UsageError(
                "cannot write a script for \(shell.rawValue): only sh, bash, and zsh can source it",
                hint: "set --export to shell"
            )
        )
    }

    /// The variables that receive the token.
    static func names(_ arguments: Arguments) throws(Explanation) -> [String] {
        var names: [String] = []
        for value in arguments.list(of: .environmentName) {
            if let problem = VariableName.problem(with: value.text) {
                throw Explanation(
                    .usage,
                    "invalid value for \(value.place): \(quoted(value.text)) \(problem.explanation)",
                    hint: ExportError.unusableName(value.text, problem).hint
                )
            }
            if !names.contains(value.text) { names.append(value.text) }
        }
        return names.isEmpty ? ["PULUMI_ACCESS_TOKEN"] : names
    }

    private static func forms(
        _ arguments: Arguments,
        _ context: Context
    ) throws(UsageError) -> [ExportForm] {
        guard let value = arguments.value(of: .export) else { return automatic(context.system) }
        let parts = value.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 1 || ["file", "dotenv"].contains(parts[0]) else {
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text))",
                hint: "set a path only with file or dotenv"
            )
        }
        switch parts[0] {
        case "auto": return automatic(context.system)
        case "github": return [.github]
        case "file": return [.file(parts.count == 1 ? nil : try path(parts[1], value, context))]
        case "dotenv":
            guard parts.count == 2 else { throw UsageError("\(value.place) needs a path", hint: "write dotenv=PATH") }
            return [.dotenv(try path(parts[1], value, context))]
        case "shell": return [.shell]
        case "stdout": return [.stdout]
        case "json": return [.json]
        case "azure": return [.azure]
        case "circleci": return [.circleci]
        case "buildkite": return [.buildkite]
        case Arguments.helperExport: return [.helper]
        case "none": return [.nothing]
        default:
            throw UsageError(
                "invalid value for \(value.place): \(quoted(value.text))",
                hint: "set \(value.place) to \(listed(Option.export.choices, before: "or"))"
            )
        }
    }

    private static func automatic(_ system: CISystem) -> [ExportForm] {
        // The path is for this shell, so that one line works in every step of every system.
        system.automaticExport == .github ? [.github, .file(nil)] : [.file(nil)]
    }

    private static func path(
        _ path: String,
        _ value: Arguments.Value,
        _ context: Context
    ) throws(UsageError) -> String {
        guard !path.isEmpty else {
            throw UsageError("\(value.place) has an empty path", hint: "set the path of a file")
        }
        if path.hasPrefix("/") { return path }
        guard let folder = context.workingFolder else {
            throw .relativePath(place: value.place)
        }
        return folder + "/" + path
    }
}

extension UsageError {
    static func relativePath(place: String) -> UsageError {
        UsageError(
            "cannot use the relative path in \(place): the current directory does not exist",
            hint: "use an absolute path"
        )
    }
}

import HostSystem
import Secrets
import TokenLifecycle

/// The inputs of the GitHub action, as the runner hands them over: `INPUT_` and the name in upper case, hyphens kept.
struct ActionInputs {
    /// What `action.yml` gives as the default of inputs that choose the credential: one that is empty, as a secret is in
    /// a fork, is another thing.
    static let unset = "unset"

    /// Those inputs that are options too.
    let arguments: Arguments
    /// Whether later steps get the token in their environment.
    let exportsEnvironment: Bool
    /// Whether the post stage revokes.
    let revokes: Bool
    let writesSummary: Bool
    /// Whether later steps find the executable on their path.
    let installs: Bool

    /// Where the Pulumi project is, from the working directory; nil for there.
    let workFolder: String?
    /// What post runs when the job was canceled; nil for nothing.
    let onCancel: String?
    let wasCanceled: Bool

    /// - Parameter complain: told of a value that makes no sense, in whose place the default counts; without it such a
    ///   value is an error. A later step can change what an input is made of, and post revokes all the same.
    init(_ environment: Environment, complain: ((UsageError) -> Void)? = nil) throws(UsageError) {
        func sensible<Value>(_ read: () throws(UsageError) -> Value?) throws(UsageError) -> Value? {
            do throws(UsageError) {
                return try read()
            } catch {
                guard let complain else { throw error }
                complain(error)
                return nil
            }
        }
        func isOn(_ name: String) throws(UsageError) -> Bool? {
            try sensible { () throws(UsageError) in try Self.isOn(name, in: environment) }
        }
        var arguments = Arguments()
        arguments.areInputs = true
        for option in Option.table {
            guard let name = option.inputName else { continue }
            _ = try sensible { () throws(UsageError) in
                try Self.add(option, named: name, from: environment, to: &arguments)
            }
        }
        if complain != nil {
            for option in [Option.timeout, .deadline] {
                let length = try sensible { () throws(UsageError) in try arguments.duration(of: option) }
                if length == nil { arguments.remove(option) }
            }
        }
        arguments.accessToken = Self.accessToken(in: environment)
        self.arguments = arguments
        exportsEnvironment = try isOn("export-env") ?? true
        revokes = try isOn("revoke") ?? true
        writesSummary = try isOn("summary") ?? true
        installs = try isOn("install") ?? false
        workFolder = Self.text(of: "work-dir", in: environment)
        onCancel = Self.text(of: "on-cancel", in: environment)
        wasCanceled = Self.value(of: "job-status", in: environment) == "cancelled"
    }

    static func accessToken(in environment: Environment) -> Secret? {
        let token = value(of: "access-token", in: environment)
        return token == nil || token == unset ? nil : token.map { Secret($0) }
    }

    static func add(
        _ option: Option,
        named name: String,
        from environment: Environment,
        to arguments: inout Arguments
    ) throws(UsageError) {
        guard let text = value(of: name, in: environment) else { return }
        guard option.namesCredential ? text != unset : !text.isEmpty else { return }
        let origin = Arguments.Origin.input(name)
        switch option.value {
        case .none:
            let isOn = try isOn(name, in: environment) ?? false
            // An input such as `isolate` says the opposite of its option.
            arguments.add(isOn == (option.name == name) ? "true" : "false", for: option, from: origin)
        case .list:
            for part in text.split(whereSeparator: { ",\n".contains($0) }) {
                let name = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                if !name.isEmpty { arguments.add(name, for: option, from: origin) }
            }
        case .choice(_, let words):
            guard words.contains(text) else {
                throw UsageError(
                    "invalid value for the input \(name): \(quoted(text))",
                    hint: "set it to \(listed(words, before: "or"))"
                )
            }
            arguments.add(text, for: option, from: origin)
        case .text: arguments.add(text, for: option, from: origin)
        }
    }

    /// Trimmed, as the official toolkit does; nil when the runner says nothing of the input.
    static func value(of name: String, in environment: Environment) -> String? {
        guard let text = environment["INPUT_" + name.uppercased()] else { return nil }
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }

    /// nil when it is empty, too.
    private static func text(of name: String, in environment: Environment) -> String? {
        value(of: name, in: environment).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// As in YAML 1.2; nil when the input is empty.
    private static func isOn(_ name: String, in environment: Environment) throws(UsageError) -> Bool? {
        switch value(of: name, in: environment) {
        case nil, "": nil
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        case let text?:
            throw UsageError("invalid value for the input \(name): \(quoted(text))", hint: "set it to true or false")
        }
    }
}

extension ActionInputs {
    /// Says without which inputs nothing would be left to run `on-cancel` with.
    func checkOnCancel() throws(UsageError) {
        guard onCancel != nil, !arguments.usesHelper else { return }
        let others = [
            ("isolate", !arguments.isOn(.noIsolate)), ("export-env", exportsEnvironment), ("revoke", revokes),
        ]
        guard let (name, _) = others.first(where: { !$0.1 }) else { return }
        throw UsageError(
            "\(name): false and the input on-cancel cannot be combined",
            hint: "leave out the input \(name)"
        )
    }

    /// Says what makes no sense with a helper.
    func checkHelper() throws(UsageError) {
        try arguments.checkHelper()
        let others = [("export-env", exportsEnvironment), ("revoke", revokes)]
        guard let (name, _) = others.first(where: { !$0.1 }) else { return }
        throw UsageError(
            "\(name): false and the input helper cannot be combined",
            hint: "leave out the input \(name)"
        )
    }
}

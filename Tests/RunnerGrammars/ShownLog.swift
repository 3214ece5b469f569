import FoundationEssentials

/// What people can read of a job, as one runner makes it of what the steps write.
package struct ShownLog {
    /// A runner, as far as it treats a log in its own way.
    package enum Runner: CaseIterable, Sendable {
        case gitHub, gitea, forgejo, act
        /// GitLab's, with `proxy_exec`: it filters what a job writes, and takes a mask as it stands.
        case gitLabWithStore
        case azure
        /// A runner that knows no commands: everything is shown as it is.
        case plain
    }

    private let runner: Runner
    package private(set) var text = ""
    /// What the steps asked to hide.
    package private(set) var masks: Set<String> = [] {
        didSet { hidden = nil }
    }
    /// What is replaced, in this order; nil until a line is shown.
    private var hidden: [[UInt8]]?
    package private(set) var annotations: [String] = []

    /// - Parameter masks: what the system hides from the start.
    package init(_ runner: Runner = .gitHub, hiding masks: Set<String> = []) {
        self.runner = runner
        self.masks = masks
    }

    /// Hides a text from now on, told by other means than the output.
    package mutating func hide(_ text: String) { masks.insert(text) }

    /// Takes a piece of a step's output; lines are whole in it.
    package mutating func take(_ output: String) {
        // Each line by itself, because a mask hides only what comes after it.
        for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
            let log = parse(line + "\n")
            if !log.masks.isEmpty { masks.formUnion(log.masks) }
            for command in log.commands where ["error", "warning", "notice"].contains(command.name) {
                annotations.append(masked(command.data))
            }
            for line in log.printed + log.commands.map(\.data) where !line.isEmpty { text += masked(line) + "\n" }
        }
    }

    private func parse(_ line: String) -> WorkflowLog {
        switch runner {
        case .gitHub: GitHubRunner.log(of: line)
        case .gitea: Gitea.log(of: line)
        case .forgejo: Forgejo.log(of: line)
        // The order in which it undoes escapes is random.
        case .act: Act.logs(of: line).first ?? WorkflowLog()
        case .azure: AzureAgent.log(of: line)
        case .gitLabWithStore: gitLab(line)
        case .plain: WorkflowLog(printed: [String(line.dropLast())])
        }
    }

    /// Nothing but the mask is a command there.
    private func gitLab(_ line: String) -> WorkflowLog {
        let line = String(line.dropLast())
        guard line.hasPrefix("::add-mask::") else { return WorkflowLog(printed: [line]) }
        return WorkflowLog(masks: [String(line.dropFirst("::add-mask::".count))])
    }

    private mutating func masked(_ line: String) -> String {
        var bytes = Array(line.utf8)
        let hidden = hidden ?? masks.sorted { $0.utf8.count > $1.utf8.count }.flatMap(forms).map { Array($0.utf8) }
        self.hidden = hidden
        for form in hidden { bytes.replace(form, by: Array("***".utf8)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// GitHub's runner also hides base64 of a value as a whole, and after one or two bytes of something else.
    private func forms(of mask: String) -> [String] {
        guard runner == .gitHub else { return [mask] }
        let bytes = Array(mask.utf8)
        return [mask] + (0..<3).map { Data(bytes.dropFirst($0)).base64EncodedString() }
    }
}

import CISystems
import HostSystem
import PulumiCloud
import TokenLifecycle

/// How later steps get the token: as outputs of the step, and as variables unless somebody does not want that.
struct ActionDelivery {
    private let context: Context
    private let handover: Handover
    private let outputs: EnvironmentFile

    /// - Throws: when one of the runner's files is not there, while nothing has been minted yet.
    init(_ inputs: ActionInputs, _ context: Context) throws(Explanation) {
        self.context = context
        handover = Handover(
            inputs.exportsEnvironment ? .github : .nothing,
            for: .sh,
            to: try HandoverChoice.names(inputs.arguments),
            in: context
        )
        outputs = try explaining { () throws(ExportError) in
            guard let files = context.system.environmentFiles else { throw .missingVariable("GITHUB_OUTPUT") }
            let file = try files.file(for: .output)
            try file.checkIsWritable()
            return file
        }
        try handover.check()
    }

    func carryOut(_ minted: Minted, _ surroundings: Surroundings) throws(Explanation) {
        try explaining { () throws(ExportError) in
            try outputs.append(
                [
                    .secret("token", minted.value),
                    .plain("token-id", minted.id?.rawValue ?? ""),
                    .plain("expires-at", Moment(minted.expires).description),
                    .plain("revocable", minted.isRevocable ? "true" : "false"),
                ],
                randomness: context.random
            )
        }
        _ = try handover.carryOut(minted, surroundings)
    }
}

import java.io.*;
import java.util.*;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.*;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.*;

public class Check {
    public static void main(String[] args) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean all = true;
        for (int i = 1; i < args.length; i++) {
            PDFAFlavour flavour = PDFAFlavour.byFlavourId(args[0]);
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(args[i]), flavour)) {
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false);
                ValidationResult result = validator.validate(parser);
                System.out.println(args[i] + " " + flavour + " " + (result.isCompliant() ? "compliant" : "NOT compliant"));
                all &= result.isCompliant();
                Map<String, Integer> seen = new TreeMap<>();
                for (TestAssertion a : result.getTestAssertions())
                    if (a.getStatus() == TestAssertion.Status.FAILED)
                        seen.merge(a.getRuleId().getClause() + "-" + a.getRuleId().getTestNumber() + " " + a.getMessage(), 1, Integer::sum);
                seen.forEach((k, v) -> System.out.println("  " + v + " x " + k));
            }
        }
        System.exit(all ? 0 : 1);
    }
}

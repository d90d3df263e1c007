"""Portuguese words of feeling."""

PATTERNS = {
    "angry": {
        4: """
            furios*, indignad*, inaceitável, inaceitáveis, inadmissível, vergonha,
            vergonhos*, golpe, ridícul*, fart*, cansad* de, lixo, merda, droga,
            porcaria, incompeten*, péssim*, advogado*, processar, procon, denunci*,
            nunca mais, pior, intolerável, absurdo, idiotas, nojo, brincadeira,
            revoltad*, raiva, desrespeito, descaso, escândalo,

            golpistas, ladrões, desligaram na minha, péssimo, uma vergonha, roubo,
            palhaçada, mentiros*
            """,
    },
    "frustrated": {
        3: """
            frustr*, decepcion*, chatead*, insatisfeit*, descontent*, incomodad*,
            não estou satisfeit*|feliz|contente, mau atendimento|serviço,
            má experiência, serviço ruim, atendimento ruim, ainda não, continuo sem,
            continuamos sem, outra vez, de novo, várias vezes, muitas vezes,
            segunda vez, # vezes, há semanas|meses|dias, sem resposta,
            ninguém .. responde|ajuda|atende, perda de tempo, perder .. tempo, em vão,
            paciência, inútil, ignorad*, promet*, injust*, engan*, constantemente,

            ainda estou esperando, continuo esperando, não recebi nada,
            há dois|três|quatro meses|semanas|dias, terceira vez, ninguém me|nos,
            cansad*, fecha sozinho, muito lenta, já são,

            a cada duas|três|cinco horas|minutos, mesmo eu tendo,
            continua* tirando|cobrando|descontando
            """,
        1: """
            infelizmente, novamente, lent*, ruim, problema*, atras*, finalmente
            """,
    },
    "calm": {
        3: """
            obrigado|obrigada pela|por|pelo excelente|rápid*|ótimo|bom|atendimento|tudo,
            excelente*, maravilhos*, ótim*, fantástic*, perfeito, adorei, adoro, amei,
            muito satisfeit*, satisfeit* com, muito feliz, parabéns, bom trabalho,
            ótimo trabalho, muito gentil, impressionad*, continuem assim,

            muito obrigado pela|por|pelo, muito obrigada pela|por|pelo,
            atendimento excelente,

            noite linda|maravilhosa, meus parabéns, parabéns aos,

            agradeçam, resolveu tudo
            """,
    },
}

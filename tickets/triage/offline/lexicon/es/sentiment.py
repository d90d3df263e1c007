"""Spanish words of feeling."""

PATTERNS = {
    "angry": {
        4: """
            furios*, indignad*, indignante*, inaceptable*, inadmisible*, vergüenza,
            vergonzos*, estafa*, estafador*, robo descarado, ridícul*, harto*, harta,
            hartos, basura, mierda, carajo, maldit*, incompeten*, pésimo*, abogado*,
            demandar, denunci*, nunca más, peor, intolerable*, sinvergüenza*, idiotas,
            asco, una burla, tomadura de pelo, enojad*, escándalo,

            estafadores, ladrones, me colgaron, pésima, una vergüenza, denunciar,
            robo, ratas, mentiros*
            """,
    },
    "frustrated": {
        3: """
            frustr*, decepcion*, molest*, descontent*, insatisfech*, disgustad*,
            no estoy content*|satisfech*|feliz, mal servicio,
            mala experiencia|atención, todavía no, aún no, sigo sin, seguimos sin,
            otra vez, una y otra vez, varias veces, muchas veces, segunda vez,
            # veces, hace semanas|meses|días, desde hace semanas|meses|días,
            sin respuesta, nadie .. responde|contesta|ayuda, pérdida de tiempo,
            perder .. tiempo, en vano, paciencia, inútil*, ignorad*, prometi*,
            injust*, engañ*, constantemente,

            sigo esperando, llevo .. días|semanas|meses, nadie me|nos,
            no ha llegado nada, desde hace dos|tres|cuatro meses|semanas, tercera vez,
            lentísimo, ya van, cansad*, se cierra sola,

            cada dos|tres|cinco horas|minutos, aunque me|ya,
            me sigue* cobrando|quitando, sigue* quitando|cobrando
            """,
        1: """
            lamentablemente, desafortunadamente, de nuevo, lent*, mal, mala,
            problema*, retras*, por fin
            """,
    },
    "calm": {
        3: """
            gracias por su|la|tu|el excelente|rápida|gran|buen, mil gracias,
            excelente*, maravillos*, estupend*, genial, fantástic*, perfecto,
            encantad*, me encanta, muy satisfech*, satisfech* con, muy content*,
            felicit*, enhorabuena, buen trabajo, gran trabajo, muy amable,
            increíble servicio, impresionad*, sigan así,

            muchas gracias por la|su|todo, trato excelente, muy amables,

            noche preciosa|linda|estupenda, felicidades, felicitaciones
            """,
    },
}

"""Spanish. The notation is explained in `lexicon/__init__.py`."""

STOPWORDS = """
el los las una un y es no que en por para con mi mis su sus nuestro nuestra del al lo se me le les
está estoy están tengo hemos he ha han pero como cómo muy más desde cuando qué hola gracias usted
ustedes este esta esto sin sobre también ya yo o fue ser estimado estimada
"""

NEGATIONS = "no nunca jamás ningún ninguna sin ni nada tampoco"

CATEGORY = {
    "billing": {
        6: """
        reembols*, factur*, cobr*, doble cobro|cargo
        """,
        4: """
        devolución .. dinero|importe|pago, devolver .. dinero|importe, devuelvan .. dinero,
        cargo*, cobrado dos|doble|de, cargos no reconocidos, débito*, domiciliación,
        transferencia*, importe*, iva, recargo*, comisión*, comisiones,
        tarifa .. incorrecta|cobrada, saldo .. incorrecto|factura, nota de crédito, abono,
        impago*, cuota*, aumento .. precio|tarifa, subida de precio*, tipo de cambio, cajero*,
        efectivo, retiro, pago* .. duplicado|erróneo|rechazado,
        discrepancia* .. factura*|facturación, dinero, recibo, multa
        """,
        3: """
        pago*, pagar, pagado, pagué, pagos, precio*, costo*, coste, costes, costos,
        tarjeta de crédito|débito, cuenta bancaria, banco, euros, dólares, pesos, suscripción*,
        suscripciones, renovación*, cupón, cupones, descuento*, vale, tarjeta regalo,
        compensación, indemniz*, impuesto*, mensualidad*, nómina, salario, paypal, transacción*,
        transacciones, presupuesto*, gasto*
        """,
        2: "contrato*, saldo, prueba gratuita, oferta*, plan, tarifa*, finan*",
    },
    "technical": {
        5: """
        pago .. falló|falla|error, página de pago* .. error|carga|falla,
        transferencia .. falló|fallida|rechazada
        """,
        4: """
        no funciona*, no está funcionando, deja|dejó|dejado de funcionar, no carga*, no abre,
        no inicia, no responde, no enciende, no arranca, no conecta,
        no se conecta|abre|carga|actualiza|sincroniza|enciende|inicia, no imprime,
        mensaje* de error, código* de error,
        error* .. sistema|servidor|aplicación|conexión|página|al, error #,
        bloquea .. aplicación|pantalla|sistema,
        se bloquea|cuelga|cierra|congela|traba|cae|desconecta, pantalla negra|azul|blanca|en, bug,
        bugs, falla*, fallo*, fallando, fallas, caída*, caído, caída del, fuera de servicio|línea,
        interrupción*, interrupciones, corte*, inactividad, tiempo* de inactividad, indisponib*,
        inaccesible*, desconexión*, desconexiones, problema* técnico*, dificultad* técnica*,
        problema* de conexión|conectividad|red|rendimiento|sincronización,
        problema* de compatibilidad|integración|despliegue|servidor|software|hardware,
        mal funcionamiento, avería*, averiado*, wifi, wi fi, internet .. lento|no|caído, lento*,
        lentitud, latencia, impresora*, escáner, router*, módem, servidor*, base* de datos, red,
        redes, cortafuegos, firewall, vpn, bluetooth, instal*, desinstal*, reinstal*, configur*,
        actualización*, actualizaciones, actualizar .. software|aplicación|controlador*|sistema,
        controlador*, compatib*, incompatib*, sincroniz*, integración*, integraciones, api, apis,
        reinici*, sobrecalent*, sobrecarga*, pérdida* de datos, violación* de datos|seguridad,
        brecha* de datos|seguridad, vulnerabilidad*, ciberataque*, malware, virus, ransomware,
        acceso no autorizado, intento* de acceso, incidente* de seguridad, copia* de seguridad,
        restaur*, fuga* de datos, despliegue*, cifrado, encriptación
        """,
        3: """
        error*, errores, fallido*, roto*, dañado .. equipo|pantalla|dispositivo, defectuoso*,
        aplicación*, aplicaciones, app, software, hardware, sitio web, página web, ordenador*,
        computadora*, portátil*, laptop*, pc, tableta, dispositivo*, equipo .. no|lento|falla,
        pantalla*, teclado, ratón, auriculares, cámara, micrófono, altavoz, altavoces, batería*,
        cargador*, archivo*, subir, descarg*, navegador*, windows, android, linux, nube, aws,
        azure, docker, saas, plataforma*, panel*, tablero*, sistema*, plugin*, módulo*, versión*,
        conexión*, conectividad, inestab*, interrump*, técnico*, técnica*, señal, outlook, excel,
        jira, rendimiento*, seguridad .. red|sistema*
        """,
        2: "problema*, dificultad*, inconveniente*",
        1: """
        resolver, solución*, datos, herramienta*, digital*, afect*, impact*
        """,
    },
    "account": {
        6: """
        contraseña*, iniciar sesión, inicio de sesión, hacke*
        """,
        5: """
        cuenta .. bloqueada|hackeada|suspendida|eliminar|cerrar|cancelar|desactiv*|cerrada,
        cerrar|eliminar|borrar|cancelar|desactivar|crear|abrir .. cuenta,
        contraseña .. olvid*|restablec*|cambiar|incorrecta, olvidé .. contraseña|usuario|clave,
        olvidado .. contraseña|usuario|clave, restablecer .. contraseña|clave,
        cambiar|modificar|actualizar .. dirección|nombre|correo|email|datos|teléfono|número,
        tarjeta .. robada|perdida|bloqueada, verific* .. identidad, robo .. identidad
        """,
        4: """
        clave de acceso, mi clave, inicio sesión, entrar .. cuenta, acceder .. cuenta,
        ingresar .. cuenta, login, usuario y, nombre de usuario, credencial*, autentic*,
        dos factores, código de verificación|confirmación|activación|seguridad,
        enlace de activación, registr*, darme de alta|baja, mi cuenta, perfil*, datos personales,
        información personal, mis datos, protección de datos, permiso*,
        derechos de acceso|administrador, acceso a .. cuenta|carpeta|buzón, solicitud de acceso,
        usuarios, nuevo usuario, mudanza, mudé, cambio de dirección|domicilio|nombre|titular,
        identidad, pasaporte, dni, pirate*, phishing, actividad sospechosa, desbloque*, bloqueada,
        bloqueado .. cuenta|acceso, sso, pin
        """,
        2: "cuenta*, acceso, acceder, correo electrónico, miembro*, usuario*, membresía",
    },
    "general": {
        5: """
        rastrear|seguimiento .. pedido|paquete|envío,
        cancelar|cambiar|modificar .. pedido|reserva|vuelo, dónde está mi|el pedido|paquete|envío,
        pedido .. llegado|llega|recibido|retras*, paquete .. perdido|llegado|llega|recibido
        """,
        4: """
        entrega*, envío*, enviado .. paquete|pedido, paquete*, pedido*, encargo,
        cambio .. producto|talla, devolver .. producto|artículo, política de devoluc*, en stock,
        agotado, disponib*, horario*, tienda*, sucursal*,
        hablar con .. agente|alguien|persona|humano|representante,
        servicio al cliente .. horario|malo|pésimo|número, atención al cliente, queja*, reclam*,
        sugerencia*, comentario*, opinión, reseña*, boletín, publicidad, marketing, campaña*,
        estrategia*, crecimiento .. marca, marca*, seo, folleto*, catálogo*, garantía*, cita*,
        viaje*, vuelo*, equipaje, maleta*, hotel, reserv*, evento*, entradas, colabor*, empleo*,
        trabajo .. oferta|vacante, vacante*, candidatura
        """,
        3: """
        información sobre|acerca|detallada|adicional|general, información de los|sus
        """,
        2: """
        consulta sobre|general|acerca, consultar sobre,
        solicitud de información|consultoría|detalles, más información, más detalles,
        detalles sobre|acerca, detalles de los, pregunta* sobre|general,
        quisiera saber|conocer|obtener, me gustaría saber|conocer|obtener|solicitar,
        quería saber|preguntar, saber si, interes*, consejo*, asesor*, consultoría, capacitación,
        formación, curso*, mejores prácticas, recomend*, gracias por su|la|tu|el|todo,
        qué herramientas|servicios|opciones|productos, propon*, propuesta*,
        cuándo .. llega|estará|llegará, cuánto tiempo|cuesta|tarda, artículo*, talla, color,
        cancel*, horas adicionales
        """,
        1: """
        pregunta*, información, ayuda, solicit*, consulta*, necesito, gracias, asistencia,
        soporte, es posible, ofrecen, tienen .. disponible|tienda|stock, hay .. disponible,
        podrían .. proporcionar|indicar|explicar|enviar|informar,
        pueden .. explicar|decir|indicar, servicios, producto*, guía*, documentación, directriz,
        directrices, mejora*, mejorar, optimiz*, inversión*, inversiones, visión general, resumen,
        crecimiento, funciones .. producto, idea*, explic*, aclar*, empresa*, cliente*, expansión
        """,
    },
}

URGENCY = {
    50: """
        para todos, caída total|general|completa|del, violación* de datos|seguridad,
        brecha* de datos|seguridad, fuga* de datos, pérdida* de datos, ciberataque*, ransomware,
        malware, acceso no autorizado, intento* de acceso, incidente* de seguridad,
        todos .. usuarios|clientes|empleados|compañeros, toda la empresa|oficina|red|plantilla,
        todo el equipo|sistema|departamento|mundo, nadie puede,
        producción .. parada|detenida|caída, completamente caído|parado|bloqueado|inaccesible,
        datos .. pacientes|médicos .. riesgo|expuest*|comprometid*,
        varios|múltiples productos|dispositivos|sistemas .. afectad*|fall*|caíd*, emergencia*,
        incendio, peligro*
        """,
    32: """
        crític*, grave*, gravemente, sever*, fraud*, estaf*, robad*, robo, hackead*,
        no autorizad*, no reconozco, no reconocid*, no hice, no he hecho|realizado|autorizado,
        caída*, inactividad, interrupción* .. servicio, interrupciones, abogado*, demanda*,
        tribunal, fecha límite, plazo*, antes de mañana|hoy|viernes, para mañana|hoy,
        pérdida* de ingresos|clientes|ventas, no puedo trabajar, no podemos trabajar,
        exceso de costos
        """,
    28: """
        no puedo .. acceder|entrar|iniciar|pagar, dos veces, doble cobro|cargo,
        dinero .. desaparec*|falta, bloqueada, bloqueado, tarjeta .. robada|perdida
        """,
    20: """
        urgente*, urgencia, urgentemente, inmediat*, de inmediato, lo antes posible, cuanto antes,
        lo más pronto posible, rápidamente, ya mismo, ahora mismo, alta prioridad,
        máxima prioridad, important*, significativ*, seri*, bloqueada, bloqueado, dos veces,
        doble, dinero .. desaparec*|perdido|falta, no .. recibido .. dinero|reembolso|pago,
        todavía no .. reembols*, aún no .. reembols*, no puedo .. acceder|entrar|iniciar, cuelga,
        nuestros clientes, nuestro equipo, flujo de trabajo, operaciones, interrump*, obstacul*,
        afectando, afecta .. negocio|trabajo|operaciones
        """,
    9: """
        error*, problema*, falla*, fallo*, no funciona*, no puedo, no podemos, imposible, roto*,
        defectuos*, incorrect*, equivocad*, falta*, retras*, demora*, lent*, lamentablemente,
        desafortunadamente, a pesar de, todavía no, aún no, sigue sin, otra vez, de nuevo,
        desde hace, # días|semanas|meses|horas|veces, hace días|semanas|meses, queja*, reclam*,
        dificultad*, inconveniente*, perdid*, dañad*, sin respuesta, discrepancia*, inesperad*
        """,
    -11: """
        cómo puedo|se|hago|podemos, cuánto*, cuál*, es posible, puedo,
        podría .. decir*|indicar|explicar|enviar|informar,
        podrían .. proporcionar|indicar|explicar|enviar|informar, me gustaría, quisiera, quiero,
        necesito ayuda para, dónde puedo|está|encuentro, cuándo, tienen, ofrecen, hay
        """,
    -25: """
        información sobre|acerca|detallada|adicional|general|de, más información, más detalles,
        detalles sobre|acerca, pregunta* sobre, quisiera saber|conocer,
        gustaría saber|conocer|obtener, quería saber|preguntar, interes*, curios*,
        mejores prácticas, recomend*, sugerencia*, sugier*, mejorar, mejora, optimizar,
        optimización, estrategia*, documentación, asesor*, consejo*, consulta sobre|general,
        consultoría
        """,
    -35: """
        no es urgente, no urge, no hay prisa, sin prisa, nada urgente, no corre prisa,
        cuando puedan|pueda|tengan, solo una pregunta, simple pregunta, para su información,
        gracias por su|la|tu|el excelente|rápida|gran|buen, excelente*, maravillos*, estupend*,
        genial, fantástic*, increíble servicio, perfecto, encantad*, muy satisfech*, muy content*,
        felicit*, enhorabuena, ya está resuelto|solucionado, problema resuelto,
        funciona bien|ahora, buen trabajo
        """,
}

SENTIMENT = {
    "angry": {
        4: """
        furios*, indignad*, indignante*, inaceptable*, inadmisible*, vergüenza, vergonzos*,
        estafa*, estafador*, ladrones, robo descarado, ridícul*, harto*, harta, hartos, basura,
        mierda, carajo, maldit*, incompeten*, pésimo*, pésima, abogado*, demandar, denunci*,
        nunca más, peor, intolerable*, sinvergüenza*, idiotas, asco, una burla, tomadura de pelo,
        enojad*, escándalo
        """,
    },
    "frustrated": {
        3: """
        frustr*, decepcion*, molest*, descontent*, insatisfech*, disgustad*,
        no estoy content*|satisfech*|feliz, mal servicio, mala experiencia|atención, todavía no,
        aún no, sigo sin, seguimos sin, otra vez, una y otra vez, varias veces, muchas veces,
        tercera vez, segunda vez, # veces, hace semanas|meses|días, desde hace semanas|meses|días,
        sin respuesta, nadie .. responde|contesta|ayuda, pérdida de tiempo, perder .. tiempo,
        en vano, paciencia, inútil*, ignorad*, prometi*, injust*, engañ*, constantemente
        """,
        1: """
        lamentablemente, desafortunadamente, de nuevo, lent*, mal, mala, problema*, retras*,
        por fin
        """,
    },
    "calm": {
        3: """
        gracias por su|la|tu|el excelente|rápida|gran|buen, mil gracias, excelente*, maravillos*,
        estupend*, genial, fantástic*, perfecto, encantad*, me encanta, muy satisfech*,
        satisfech* con, muy content*, felicit*, enhorabuena, buen trabajo, gran trabajo,
        muy amable, increíble servicio, impresionad*, sigan así
        """,
    },
}
